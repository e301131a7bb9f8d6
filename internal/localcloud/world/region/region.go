// Package region has what AWS publishes about its regions: the partition, the zones that an
// account sees, and the prefix lists of the services with gateway endpoints. It is a table;
// what a region holds for its user is package services' business.
package region

import (
	"fmt"
	"slices"
	"strings"
)

// Region is a region of AWS.
type Region struct {
	Name      string // us-east-1
	Partition string // aws, aws-cn, aws-us-gov
	// Asked says that an account doesn't have the region until it asks for it.
	Asked bool

	letters, numbers string // of its Availability Zones: of their names, and of their IDs
	s3, dynamoDB     string // their prefix lists' IDs, without "pl-"; empty where not known here
}

// Zone is an Availability Zone.
type Zone struct {
	Name string // us-east-1a
	ID   string // use1-az2
}

// table has the zones that an account of today sees: Tokyo and Canada have lost one, and North
// California shows two of its three.
// Sources: AWS General Reference, "Regions"; Amazon EC2 User Guide, "Availability Zone IDs"; the
// prefix lists as public configurations have them.
func table() []Region {
	return []Region{
		{Name: "ap-northeast-1", letters: "acd", numbers: "124", s3: "61a54008", dynamoDB: "78a54011"},
		{Name: "ap-northeast-2", letters: "abcd", numbers: "1234", s3: "78a54011", dynamoDB: "48a54021"},
		{Name: "ap-northeast-3", letters: "abc", numbers: "123", s3: "a4a540cd"},
		{Name: "ap-south-1", letters: "abc", numbers: "123", s3: "78a54011", dynamoDB: "66a7420f"},
		{Name: "ap-southeast-1", letters: "abc", numbers: "123", s3: "6fa54006", dynamoDB: "67a5400e"},
		{Name: "ap-southeast-2", letters: "abc", numbers: "123", s3: "6ca54005", dynamoDB: "62a5400b"},
		{Name: "ca-central-1", letters: "abd", numbers: "124", s3: "7da54014", dynamoDB: "4ea54027"},
		{Name: "eu-central-1", letters: "abc", numbers: "123", s3: "6ea54007", dynamoDB: "66a5400f"},
		{Name: "eu-north-1", letters: "abc", numbers: "123", s3: "c3aa4faa", dynamoDB: "adae4bc4"},
		{Name: "eu-west-1", letters: "abc", numbers: "123", s3: "6da54004", dynamoDB: "6fa54006"},
		{Name: "eu-west-2", letters: "abc", numbers: "123", s3: "7ca54015", dynamoDB: "b3a742da"},
		{Name: "eu-west-3", letters: "abc", numbers: "123", s3: "23ad484a", dynamoDB: "abb451c2"},
		{Name: "sa-east-1", letters: "abc", numbers: "123", s3: "6aa54003", dynamoDB: "60a54009"},
		{Name: "us-east-1", letters: "abcdef", numbers: "123456", s3: "63a5400a", dynamoDB: "02cd2c6b"},
		{Name: "us-east-2", letters: "abc", numbers: "123", s3: "7ba54012", dynamoDB: "4ca54025"},
		{Name: "us-west-1", letters: "ac", numbers: "13", s3: "6ba54002", dynamoDB: "6ea54007"},
		{Name: "us-west-2", letters: "abcd", numbers: "1234", s3: "68a54001", dynamoDB: "00a54069"},
		{Name: "cn-north-1", Partition: "aws-cn", letters: "abd", numbers: "124"},
		{Name: "cn-northwest-1", Partition: "aws-cn", letters: "abc", numbers: "123"},
		{Name: "us-gov-east-1", Partition: "aws-us-gov", letters: "abc", numbers: "123"},
		{Name: "us-gov-west-1", Partition: "aws-us-gov", letters: "abc", numbers: "123", s3: "1ba54072"},
	}
}

// asked are the regions that an account has to ask for.
// Source: AWS Account Management Reference Guide, "Enable or disable AWS Regions".
const asked = "af-south-1 ap-east-1 ap-east-2 ap-south-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 " +
	"ap-southeast-7 ca-west-1 eu-central-2 eu-south-1 eu-south-2 il-central-1 me-central-1 me-south-1 mx-central-1"

// All lists the regions that are simulated, and those of the commercial partition that an
// account has to ask for.
func All() []Region {
	all := table()
	for i := range all {
		if all[i].Partition == "" {
			all[i].Partition = "aws"
		}
	}
	for name := range strings.FieldsSeq(asked) {
		all = append(all, Region{Name: name, Partition: "aws", Asked: true})
	}
	return all
}

// Find returns the region of that name.
func Find(name string) (Region, bool) {
	all := All()
	i := slices.IndexFunc(all, func(r Region) bool { return r.Name == name })
	if i < 0 {
		return Region{}, false
	}
	return all[i], true
}

// Partition is the partition of a region or, for global services, of a partition's own name;
// aws where neither is known.
func Partition(name string) string {
	if r, ok := Find(name); ok {
		return r.Partition
	}
	if name == "aws-cn" || name == "aws-us-gov" {
		return name
	}
	return "aws"
}

// Global is where a region's partition keeps the objects of services that have no regions:
// "" in the commercial one.
func Global(name string) string {
	if p := Partition(name); p != "aws" {
		return p
	}
	return ""
}

// Domain is that of the endpoints of a region's services.
func Domain(name string) string {
	if Partition(name) == "aws-cn" {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}

// Zones lists the Availability Zones of the region. As in any real account, a zone's letter
// says nothing about its ID.
func (r Region) Zones() []Zone {
	zones := make([]Zone, len(r.letters))
	for i := range zones {
		zones[i] = Zone{r.Name + r.letters[i:i+1], fmt.Sprintf("%s-az%c", r.short(), r.numbers[(i+1)%len(r.numbers)])}
	}
	return zones
}

// short makes use1 of us-east-1 and apse2 of ap-southeast-2, as in zone IDs.
func (r Region) short() string {
	parts := strings.Split(r.Name, "-")
	short := parts[0]
	for _, part := range parts[1:] {
		for _, word := range []string{"north", "south", "central"} {
			if rest, ok := strings.CutPrefix(part, word); ok {
				short, part = short+word[:1], rest
			}
		}
		if part != "" {
			short += part[:1]
		}
	}
	return short
}

// PrefixList is the ID of the prefix list of "s3" or "dynamodb"; "" where it isn't known here.
func (r Region) PrefixList(service string) string {
	digits := map[string]string{"s3": r.s3, "dynamodb": r.dynamoDB}[service]
	if digits == "" {
		return ""
	}
	return "pl-" + digits
}
