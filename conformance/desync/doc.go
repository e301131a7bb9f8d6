// Package desync holds the local cloud's load balancer against AWS's own suite of requests that two servers may read
// differently. The suite isn't part of this project: PLATFORMCTL_RECORDED names the directory with desync/*.yaml.
// The judge stands behind the build tag judges.
package desync
