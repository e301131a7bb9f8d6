package report

import "strings"

// short is an ID without what is the same in all of them: of an ARN, what comes
// after its region and account; of a registration, without its target group.
// JSON has the IDs whole.
func short(id string) string {
	if _, target, ok := strings.Cut(id, "|"); ok {
		return strings.Replace(target, "|", ":", 1)
	}
	parts := strings.SplitN(id, ":", 6)
	if len(parts) == 6 && parts[0] == "arn" {
		return parts[5]
	}
	return id
}
