package model

import (
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// InUse is what ACM knows of a resource that uses a certificate. It learns late that one has let go.
type InUse struct {
	world.Object          // ID: the ARNs of the certificate and the resource
	CertificateARN, ByARN string
	Times                 int // how often the resource uses it: a load balancer has several listeners
}

// released is how long after its last use a certificate still counts as in use.
// Source: public logs and issues have 10 s to minutes; terraform-provider-aws#3866, aws-cdk#4179.
func released() world.Step {
	return world.Step{Name: "certificate released", Fast: 300 * time.Millisecond, AWS: 60 * time.Second}
}

func useKind() world.AnyKind {
	return world.Kind[InUse, *InUse]{
		Traits: world.Traits{Steps: []world.Step{released()}},
		Name:   "certificate-use", Untaggable: true, KnownAtOnce: true,
		NotFound: func(ids ...string) error { return notFound(ids[0]) },
		Parent:   func(u *InUse) string { return u.CertificateARN },
		Settle:   func(tx *world.Tx, u *InUse, _ string) { world.Delete[InUse](tx, u.ID) },
	}
}

func useID(certificateARN, by string) string { return certificateARN + " " + by }

// Use says that a resource, such as a load balancer, uses a certificate once more.
func Use(tx *world.Tx, certificateARN, by string) {
	id := useID(certificateARN, by)
	known := world.Edit(tx, id, func(u *InUse) {
		u.Times++
		u.Stay()
	})
	if !known {
		world.Add(tx, &InUse{Object: tx.NamedObject(id, nil), CertificateARN: certificateARN, ByARN: by, Times: 1})
	}
}

// LetGo says that a resource uses a certificate once less. Of one that it doesn't use it does nothing.
func LetGo(tx *world.Tx, certificateARN, by string) {
	world.Edit(tx, useID(certificateARN, by), func(u *InUse) {
		if u.Times = max(u.Times-1, 0); u.Times == 0 && u.Next == nil {
			u.Become(tx, "released", released())
		}
	})
}

// UsedBy lists the ARNs of what uses a certificate, as far as ACM has heard.
func UsedBy(tx *world.Tx, certificateARN string) []string {
	arns := []string{}
	for _, u := range world.Of[InUse](tx, certificateARN) {
		arns = append(arns, u.ByARN)
	}
	return arns
}
