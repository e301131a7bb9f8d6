// Package notification is how messages of SNS look on their way, and how they get to HTTP endpoints: the document with its
// signature ([Message.Document]), and a client that reaches this machine's loopback addresses and nothing else ([Client]).
// What is sent, to whom and how often is the business of services/sns/model.
package notification
