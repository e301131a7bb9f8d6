//go:build !linux

package local

import "runtime"

func systemPlaces() []string {
	switch runtime.GOOS {
	case "darwin":
		return []string{"the system's keychain, with sudo"}
	case "windows":
		return []string{"this user's root certificates, where Windows asks once more"}
	}
	return []string{"the system's store"}
}
