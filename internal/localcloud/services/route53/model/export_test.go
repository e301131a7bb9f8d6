package model

// CheckName says what is wrong with a name.
func CheckName(name string) error {
	_, err := canonical(name)
	return err
}
