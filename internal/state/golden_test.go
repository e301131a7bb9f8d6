package state

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/testenv"
)

// sample is a document in which every field is set somewhere.
func sample() *Document {
	at := time.Date(2026, 11, 22, 21, 0, 0, 0, time.UTC)
	vpc, subnet := resource.Key{Kind: "vpc", Name: "main"}, resource.Key{Kind: "subnet", Name: "private-a"}
	return &Document{
		Version:     Version,
		Identity:    Identity{Platform: "shop", Target: "aws", Account: "123456789012", Region: "us-east-1"},
		Incarnation: "2b0d7b3d-6a5c-4f0e-9d57-3c1f0a2e8b11",
		Serial:      12,
		Updated:     at,
		Records: []resource.Record{
			{Key: resource.Key{Kind: "address", Name: "nat-a"}, Generation: 1, Token: "5d41402abc4b2a76b9719d911017c592", Needs: []string{}, Refused: "NotAvailableInZone", Since: at},
			{Key: subnet, Generation: 2, ID: "subnet-0a1b2c3d4e5f60718", Token: "7d793037a0760186574b0282f2f435e7", Needs: []string{"vpc/vpc-0123456789abcdef0"}, Deleting: true, Since: at},
			{Key: vpc, Generation: 1, ID: "vpc-0123456789abcdef0", GivenUp: true, Since: at},
		},
		Retired: map[string]int{"subnet/private-a": 1},
		Made: &Made{
			Directory: "/home/ops/shop", Config: "/home/ops/shop/platform.yaml",
			Settings: map[string]string{"PLATFORMCTL_WEB_INSTANCES": "4b227777d4dd"},
		},
		Applied: []byte(`{"Name":"shop"}`),
	}
}

// sampleOf is the sample as a version could write it.
func sampleOf(version int) *Document {
	doc := sample()
	if version < 2 {
		doc.Made, doc.Applied, doc.Records[0].Refused = nil, nil, ""
	}
	return doc
}

func golden(version int) string { return filepath.Join("testdata", fmt.Sprintf("v%d.json", version)) }

// TestGolden_CurrentVersion refuses a change of what is written: other programs
// of this version couldn't read it, or would drop what they don't know. The
// package's comment says what to do instead.
func TestGolden_CurrentVersion(t *testing.T) {
	got, err := sample().encode()
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(golden(Version))
	if err != nil {
		t.Fatal(err)
	}
	if diff := testenv.Diff(string(want), string(got)); diff != "" {
		t.Errorf("version %d differs from %s (-want +got): this needs a new version, see the package's comment\n%s", Version, golden(Version), diff)
	}
}

// TestGolden_ReadsEveryVersion reads what each version wrote.
func TestGolden_ReadsEveryVersion(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "v*.json"))
	if err != nil || len(files) != Version {
		t.Fatalf("there are %v, %v, want one file for each version from 1 to %d", files, err, Version)
	}
	for version := 1; version <= Version; version++ {
		path := filepath.Join(t.TempDir(), "shop.json")
		data, err := os.ReadFile(golden(version))
		if err != nil {
			t.Fatal(err)
		}
		write(t, path, string(data))
		store, err := Open(path, sample().Identity)
		if err != nil {
			t.Fatalf("version %d: %v", version, err)
		}
		if store.Damage() != nil {
			t.Fatalf("version %d: %v", version, store.Damage())
		}
		if diff := testenv.Diff(*sampleOf(version), store.Document()); diff != "" {
			t.Errorf("version %d is read as (-want +got):\n%s", version, diff)
		}
		// What is written next is of this version.
		if err := store.Put(record("vpc", "main", 9)); err != nil {
			t.Fatal(err)
		}
		if head := readHead([]byte(text(t, path))); head.Version != Version {
			t.Errorf("a state of version %d was written as version %d", version, head.Version)
		}
	}
}

// TestGolden_SampleSetsEveryField makes the two tests above hold for fields that are
// added.
func TestGolden_SampleSetsEveryField(t *testing.T) {
	set := func(values ...any) {
		of := reflect.TypeOf(values[0])
		for i := range of.NumField() {
			field, found := of.Field(i), false
			for _, value := range values {
				found = found || !reflect.ValueOf(value).Field(i).IsZero()
			}
			if !found && field.Tag.Get("json") != "-" {
				t.Errorf("%s.%s is set nowhere in the sample", of.Name(), field.Name)
			}
		}
	}
	doc := sample()
	set(*doc)
	set(doc.Identity)
	set(*doc.Made)
	var records []any
	for _, r := range doc.Records {
		records = append(records, r)
	}
	set(records...)
}
