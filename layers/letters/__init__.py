"""The opinion letter on a siting check (选址安全审查意见): Word, PDF and Excel."""
