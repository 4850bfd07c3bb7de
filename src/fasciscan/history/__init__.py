"""Many visits: exams in a database, and what changed in each muscle between them. Codes of subjects, never names."""
