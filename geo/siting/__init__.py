"""Where a project may go: the rules turned round, from "may it stand here" to "where may it stand"."""
