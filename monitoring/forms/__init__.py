"""What pages of monitoring ask for."""
