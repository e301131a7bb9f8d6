// Package conformance lets programs that we did not write judge the local cloud and the tool: Terraform's AWS provider,
// the AWS CLI, botocore's service models and moto_server. It holds nothing but tests, most of which take minutes and so
// stand behind the build tag judges; the program below it, parity, lets AWS itself judge.
//
// What belongs here: judgements from outside, over the wire. What doesn't: tests that know how either side works.
package conformance
