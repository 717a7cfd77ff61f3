"""What monitoring keeps."""

from monitoring.models.figures import Cell, Fact, Fold, Stretch, Target

__all__ = ["Cell", "Fact", "Fold", "Stretch", "Target"]
