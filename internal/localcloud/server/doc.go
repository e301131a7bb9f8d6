// Package server is the local cloud as one thing that runs: an HTTP endpoint that
// answers AWS's API calls from a world kept on disk, the data plane that carries real
// traffic through that world's load balancers, and the background process that both
// live in.
//
// Here the pieces are put together; what they do is theirs. The protocols are in
// package wire, the model and AWS's rules in world and its areas, the operations in a
// package for each service, the traffic in dataplane and guest. Nothing in here, or
// below, knows of the provisioner.
//
// It has more than 1,500 lines because it is where all pieces meet, each with a file of few lines.
package server
