"""The nouns of the house: frozen records, standard library only."""
