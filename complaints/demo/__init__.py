"""A living organisation to try the product on: invented people, invented complaints, real verbs."""
