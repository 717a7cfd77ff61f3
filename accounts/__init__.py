"""People, sites, teams, roles and what each may do."""
