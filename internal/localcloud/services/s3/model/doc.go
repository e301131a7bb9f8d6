// Package model holds the objects of Amazon S3 and AWS's rules about them: buckets with their settings, the versions of the objects
// in them, and uploads in parts. The contents are in package blobs of the local cloud: what a transaction takes away, its caller
// removes there afterwards.
//
// Buckets share their names among all regions, so all is in region "".
package model

import (
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Kinds are all kinds of object of this package.
func Kinds() []world.AnyKind {
	return []world.AnyKind{bucketKind(), versionKind(), uploadKind(), partKind()}
}

// The refusals that more than one operation has. Source: Amazon S3 API Reference, "Error responses".
func noSuchKey() error {
	return refuse.WithStatus(refuse.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
}

func noSuchUpload() error {
	return refuse.WithStatus(refuse.StatusNotFound, "NoSuchUpload", "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.")
}

// Denied is the refusal for lack of a permission.
func Denied() error {
	return refuse.WithStatus(refuse.StatusForbidden, "AccessDenied", "Access Denied")
}

func invalidArgument(format string, args ...any) error {
	return refuse.New("InvalidArgument", format, args...)
}

func notImplemented() error {
	return refuse.WithStatus(statusNotImplemented, "NotImplemented", "A header you provided implies functionality that is not implemented")
}

const (
	statusConflict           = 409
	statusPreconditionFailed = 412
	statusNotImplemented     = 501
)
