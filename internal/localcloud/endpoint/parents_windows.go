package endpoint

// checkParents looks at nothing: on Windows a user's own directories are closed to others, and so is what is below.
func checkParents(string) error { return nil }
