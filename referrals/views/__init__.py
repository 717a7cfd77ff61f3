"""The pages of cases outside, and of questions to outsiders."""
