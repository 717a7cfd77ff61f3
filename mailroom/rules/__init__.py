"""Pure decisions about mail: what it says, what kind it is, what its bytes are worth."""
