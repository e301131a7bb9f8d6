package api

import (
	"cmp"

	"github.com/platformctl/platformctl/internal/localcloud/policy"
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/acm/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	regions "github.com/platformctl/platformctl/internal/localcloud/world/region"
)

// Asks are what each operation needs the permission for.
// Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS Certificate Manager".
func Asks() service.Asks {
	asks := service.Asks{
		"RequestCertificate": service.Asking([]service.Ask{{On: request}}, tagging()),
		"ImportCertificate":  service.Asking([]service.Ask{{On: onCertificate}}, tagging()),
		"ListCertificates":   service.Anything(),
	}
	for _, operation := range []string{"AddTagsToCertificate", "DeleteCertificate", "DescribeCertificate", "GetCertificate", "ListTagsForCertificate", "RemoveTagsFromCertificate"} {
		asks[operation] = []service.Ask{{On: onCertificate}}
	}
	return asks
}

// request is the condition of a request, which is on no certificate yet.
func request(_ *world.Tx, c *wire.Call) []service.Resource {
	context := service.Merged(tagKeys(c), policy.Context{
		"acm:DomainNames":                    append([]string{c.Value("DomainName")}, c.Each("SubjectAlternativeNames")...),
		"acm:ValidationMethod":               {cmp.Or(c.Value("ValidationMethod"), "EMAIL")},
		"acm:CertificateTransparencyLogging": {"ENABLED"},
	})
	for key, path := range map[string]string{
		"acm:CertificateTransparencyLogging": "Options.CertificateTransparencyLoggingPreference", "acm:Export": "Options.Export", "acm:KeyAlgorithm": "KeyAlgorithm",
	} {
		if values := c.Each(path); len(values) > 0 {
			context[key] = values
		}
	}
	return []service.Resource{{ARN: "*", Context: context}}
}

// onCertificate is the certificate that a call names, or a new one.
func onCertificate(tx *world.Tx, c *wire.Call) []service.Resource {
	r := service.Resource{ARN: cmp.Or(c.Value("CertificateArn"), anyARN(tx)), Context: tagKeys(c)}
	if o, ok := world.Get[model.Certificate](tx, r.ARN); ok {
		r.Context = service.Merged(r.Context, service.TagKeys(o.Tags, service.ResourceTag))
	}
	return []service.Resource{r}
}

func tagKeys(c *wire.Call) policy.Context {
	return service.RequestedTags(service.TagsIn(c.Parts("Tags")))
}

// tagging is AddTagsToCertificate on what a call makes with tags.
func tagging() []service.Ask {
	return []service.Ask{{Service: "acm", Action: "AddTagsToCertificate", On: func(tx *world.Tx, c *wire.Call) []service.Resource {
		if !c.Has("Tags") {
			return nil
		}
		return onCertificate(tx, c)
	}}}
}

// anyARN is that of a certificate whose ID isn't known yet.
func anyARN(tx *world.Tx) string {
	return "arn:" + regions.Partition(tx.Region()) + ":acm:" + tx.Region() + ":" + world.AccountID + ":certificate/*"
}
