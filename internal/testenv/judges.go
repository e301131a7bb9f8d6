//go:build judges

package testenv

const judging = true
