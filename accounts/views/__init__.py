"""The pages: signing in, one's own account, people, sites and teams."""
