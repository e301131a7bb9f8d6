package awsapi

import (
	"testing"

	"github.com/platformctl/platformctl/internal/testenv"
)

func TestTags(t *testing.T) {
	owner := Owner{Platform: "shop", Region: "us-east-1", Tags: map[string]string{"team": "blue"}}
	stable := map[string]string{
		"team": "blue", "Name": "shop-private-a", "platformctl:platform": "shop", "platformctl:key": "subnet/private-a",
	}
	if diff := testenv.Diff(stable, owner.StableTags("subnet/private-a", "private-a")); diff != "" {
		t.Error(diff)
	}
	all := owner.TagsFor("subnet/private-a", "private-a", 3, "0123")
	stable[TagGeneration], stable[TagOperation] = "3", "0123"
	if diff := testenv.Diff(stable, all); diff != "" {
		t.Error(diff)
	}
	if _, ok := owner.TagsFor("subnet/a", "a", 1, "")[TagOperation]; ok {
		t.Error("without a token there is a tag for it")
	}
	if len(owner.Tags) != 1 {
		t.Errorf("the owner's own tags were changed: %v", owner.Tags)
	}

	// A user may name things, but can't give them to another platform.
	sly := Owner{Platform: "shop", Tags: map[string]string{"Name": "mine", TagPlatform: "mall", TagKey: "vpc/other"}}
	tags := sly.StableTags("vpc/main", "main")
	if diff := testenv.Diff(map[string]string{"Name": "mine", TagPlatform: "shop", TagKey: "vpc/main"}, tags); diff != "" {
		t.Error(diff)
	}
}

func TestOwns(t *testing.T) {
	shop := Owner{Platform: "shop"}
	for platform, want := range map[string]bool{"shop": true, "shop-2": false, "sho": false, "Shop": false, "": false} {
		if got := shop.Owns(map[string]string{TagPlatform: platform}); got != want {
			t.Errorf("shop owns what is %q's: %t, want %t", platform, got, want)
		}
	}
	if shop.Owns(nil) {
		t.Error("shop owns what has no tags")
	}
}

func TestGeneration(t *testing.T) {
	for text, want := range map[string]int{"": 1, "1": 1, "7": 7, "0": 1, "-3": 1, "seven": 1, "2.5": 1} {
		if got := Generation(map[string]string{TagGeneration: text}); got != want {
			t.Errorf("generation %q reads as %d, want %d", text, got, want)
		}
	}
	if Generation(nil) != 1 {
		t.Error("no tags are not generation 1")
	}
}

func TestTagForms_RoundTrip(t *testing.T) {
	want := map[string]string{"b": "2", "a": "1", "empty": ""}
	for name, got := range map[string]map[string]string{
		"EC2": FromEC2(ec2Tags(want)), "ELB": FromELB(ELBTags(want)), "IAM": FromIAM(IAMTags(want)),
	} {
		if diff := testenv.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if tags := ELBTags(want); *tags[0].Key != "a" || *tags[1].Key != "b" {
		t.Error("the same tags don't always make the same request")
	}
}
