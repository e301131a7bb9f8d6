// Package policy reads IAM's policy documents and decides by them what a principal may do.
//
// Here belong the grammar, the matching of actions, resources and conditions, and the logic by
// which policies are put together. What a call asks for is the services' business, each of which
// says it in its api/authorization.go; who has which policies is IAM's and the server's.
//
// Sources: IAM User Guide, "Grammar of the IAM JSON policy language", "IAM JSON policy elements",
// "Policy evaluation logic".
package policy
