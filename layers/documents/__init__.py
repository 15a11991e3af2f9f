"""What all documents share: safe texts, workbooks, diagrams, tables and packages that give the same bytes."""
