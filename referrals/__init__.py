"""Internal review, regulator, mediation, arbitration, court: cases beside a complaint (CM-8.6d)."""
