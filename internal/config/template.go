package config

import _ "embed"

//go:embed template.yaml
var template string

// Template returns the platform.yaml that `platformctl init` writes: every key with its default and a word on what it is for.
func Template() string { return template }
