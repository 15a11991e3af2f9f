"""What the doors do: the routes and the command line both call these, and answer with what comes back."""
