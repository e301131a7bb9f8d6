package compute

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
)

// Image is an Amazon Machine Image. Images are given, not made, so they are in no table.
type Image struct {
	ID           string
	Name         string
	Description  string
	Architecture string // x86_64, arm64
	Created      string // RFC 3339
	SnapshotID   string // of the root device
	KernelName   string // such as kernel-6.1
}

// What all images have in common.
const (
	ImageOwnerID     = "137112412989" // Amazon's account for its Linux
	ImageOwnerAlias  = "amazon"
	RootDeviceName   = "/dev/xvda"
	RootDeviceSizeGB = 8
)

// Images lists the images of a region, oldest first: two releases of Amazon Linux 2023
// for both architectures.
func Images(region string) []Image {
	var all []Image
	for _, release := range []struct{ version, created string }{
		{"2023.8.20250818.0", "2025-08-16T01:02:17.000Z"},
		{"2023.9.20251014.0", "2025-10-11T00:47:35.000Z"},
	} {
		for _, architecture := range []string{"x86_64", "arm64"} {
			name := "al2023-ami-" + release.version + "-kernel-6.1-" + architecture
			sum := sha256.Sum256([]byte(region + "/" + name))
			digits := hex.EncodeToString(sum[:])
			all = append(all, Image{ID: "ami-0" + digits[:16], Name: name, Architecture: architecture, Created: release.created,
				Description: "Amazon Linux 2023 AMI " + release.version + " " + architecture + " HVM kernel-6.1",
				SnapshotID:  "snap-0" + digits[16:32], KernelName: "kernel-6.1"})
		}
	}
	return all
}

// LatestImages maps the names of SSM's public parameters to the IDs of a region's newest
// images.
// Source: Amazon Linux 2023 User Guide, "AL2023 on Amazon EC2".
func LatestImages(region string) map[string]string {
	latest := map[string]string{}
	for _, image := range Images(region) { // the newest comes last
		for _, kernel := range []string{"default", "6.1"} {
			latest["/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-"+kernel+"-"+image.Architecture] = image.ID
		}
	}
	return latest
}

// ImageVersions lists the images that a public parameter has named, oldest first: its
// versions are their numbers, from 1. There are none where it isn't known here.
func ImageVersions(region, parameter string) (versions []Image) {
	latest, known := LatestImages(region)[parameter]
	if !known {
		return nil
	}
	for _, image := range Images(region) {
		if strings.HasSuffix(parameter, image.Architecture) {
			versions = append(versions, image)
		}
		if image.ID == latest {
			break
		}
	}
	return versions
}

// FindImage returns a region's image, or AWS's refusal of its ID. AWS has images that aren't
// here; all IDs of 17 digits that it gives begin with a 0.
func FindImage(region, id string) (Image, error) {
	for _, image := range Images(region) {
		if image.ID == id {
			return image, nil
		}
	}
	digits, ok := strings.CutPrefix(id, "ami-")
	switch {
	case !ok || len(digits) != 8 && len(digits) != 17:
		return Image{}, refuse.Malformed("InvalidAMIID.Malformed", id, "ami")
	case len(digits) == 17 && digits[0] == '0':
		return Image{}, refuse.NotSimulated("image %s is not simulated, only those of Amazon Linux 2023 that DescribeImages lists", id)
	}
	return Image{}, NoImages(id)
}

// NoImage is the code of the refusal of images that don't exist.
const NoImage = "InvalidAMIID.NotFound"

// NoImages is that refusal.
func NoImages(ids ...string) error {
	if len(ids) == 1 {
		return refuse.New(NoImage, "The image id '[%s]' does not exist", ids[0])
	}
	return refuse.New(NoImage, "The image ids '[%s]' do not exist", strings.Join(ids, ", "))
}

// ResolveImage returns a region's image by its ID or, as "resolve:ssm:NAME:VERSION", by a
// public parameter of Systems Manager; without a version it is the newest.
// Source: API reference of RunInstances; the refusal's code as public logs have it.
func ResolveImage(region, id string) (Image, error) {
	alias, ok := strings.CutPrefix(id, "resolve:ssm:")
	if !ok {
		return FindImage(region, id)
	}
	name, version, versioned := strings.Cut(alias, ":")
	versions := ImageVersions(region, name)
	at := len(versions)
	if versioned {
		at, _ = strconv.Atoi(version) // 0 for what is no number, which no version has
	}
	switch {
	case len(versions) == 0 && strings.HasPrefix(name, "/aws/"):
		return Image{}, refuse.NotSimulated("public parameter %s is not simulated", name)
	case at < 1 || at > len(versions):
		return Image{}, refuse.New("SsmInvalidParameter", "The following aliases are invalid: [%s]", id)
	}
	return versions[at-1], nil
}
