package report

import "strings"

// short is an ID without what is the same in all of them: of an ARN, what comes
// after its region and account. JSON has the IDs whole.
func short(id string) string {
	parts := strings.SplitN(id, ":", 6)
	if len(parts) == 6 && parts[0] == "arn" {
		return parts[5]
	}
	return id
}
