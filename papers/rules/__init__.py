"""What a paper is made of, and the press that makes it: no Django, no clock."""
