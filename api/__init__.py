"""The doors: HTTP application and command line. Only here are settings read and the parts joined."""
