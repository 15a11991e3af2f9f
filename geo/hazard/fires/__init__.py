"""Heat radiation of fires: pool, jet, fireball, flash fire."""
