"""Pictures of animals and photos, cut, shrunk and kept in the cache."""
