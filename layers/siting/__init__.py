"""Rules applied to what is stored or drawn: checks, audits, searches, layouts, pipelines, gullies."""
