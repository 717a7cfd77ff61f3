"""Who a program is: OAuth 2.0 client credentials for a token, the token for everything else."""
