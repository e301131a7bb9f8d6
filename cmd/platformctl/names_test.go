package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/platformctl/platformctl/internal/localcloud/daemon"
	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
)

// names is "names VERB …": what somebody else does to certificates and DNS of the story's local cloud.
//
//	zone NAME                 make a public hosted zone, which nobody delegates
//	record NAME TYPE VALUE    make a record in the zone example.localhost
//	repoint NAME TYPE VALUE   make it, or change the one that is there; the name "validation" is that of the first CNAME record
//	unrecord NAME TYPE VALUE  delete it
//	import NAME VARIABLE      import a certificate for a name; the variable holds its ARN then
//	request NAME VARIABLE     request one, as another program would
//	issued ARN                wait until it is issued
//	left N                    assert that so many certificates, and no records but the zone's own, are there
func names(ts *testscript.TestScript, neg bool, args []string) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	status, ok := daemon.Running(ctx, ts.Getenv(endpoint.HomeVariable))
	if neg || !ok || len(args) < 2 {
		ts.Fatalf("usage: names VERB ARGUMENT…, while a local cloud runs")
	}
	n := namesAt(status.Endpoint)
	switch args[0] {
	case "zone":
		_, err := n.dns.CreateHostedZone(ctx, &route53.CreateHostedZoneInput{Name: &args[1], CallerReference: &args[1]})
		ts.Check(err)
	case "record", "unrecord", "repoint":
		action := map[string]types.ChangeAction{"record": types.ChangeActionCreate, "unrecord": types.ChangeActionDelete, "repoint": types.ChangeActionUpsert}[args[0]]
		name := args[1]
		if name == "validation" { // whatever ACM calls it
			var err error
			name, err = n.validation(ctx)
			ts.Check(err)
		}
		ts.Check(n.change(ctx, action, name, types.RRType(args[2]), args[3]))
	case "import":
		arn, err := n.imported(ctx, args[1])
		ts.Check(err)
		ts.Setenv(args[2], arn)
	case "request":
		out, err := n.acm.RequestCertificate(ctx, &acm.RequestCertificateInput{DomainName: &args[1], ValidationMethod: "DNS"})
		ts.Check(err)
		ts.Setenv(args[2], aws.ToString(out.CertificateArn))
	case "issued":
		n.issued(ctx, ts, args[1])
	case "left":
		found, err := n.left(ctx)
		ts.Check(err)
		if fmt.Sprint(len(found)) != args[1] {
			ts.Fatalf("left are %d, not %s: %s", len(found), args[1], strings.Join(found, ", "))
		}
	default:
		ts.Fatalf("there is no verb %s", args[0])
	}
}

// named53 are the services that names are kept in.
type named53 struct {
	acm *acm.Client
	dns *route53.Client
}

func namesAt(endpoint string) named53 {
	cfg := aws.Config{
		Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider("somebody", "else", ""),
		HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
	}
	return named53{acm.NewFromConfig(cfg), route53.NewFromConfig(cfg)}
}

// issued waits until a certificate is issued, which is a moment after its names are proven.
func (n named53) issued(ctx context.Context, ts *testscript.TestScript, arn string) {
	ctx, cancel := context.WithTimeout(ctx, 25*time.Second)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		out, err := n.acm.DescribeCertificate(ctx, &acm.DescribeCertificateInput{CertificateArn: &arn})
		ts.Check(err)
		if out.Certificate.Status == acmtypes.CertificateStatusIssued {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			ts.Fatalf("the certificate is %s, not issued", out.Certificate.Status)
		}
	}
}

func (n named53) zone(ctx context.Context) (*string, error) {
	out, err := n.dns.ListHostedZonesByName(ctx, &route53.ListHostedZonesByNameInput{DNSName: aws.String("example.localhost")})
	if err != nil {
		return nil, err
	}
	return out.HostedZones[0].Id, nil
}

func (n named53) change(ctx context.Context, action types.ChangeAction, name string, kind types.RRType, value string) error {
	zone, err := n.zone(ctx)
	if err != nil {
		return err
	}
	out, err := n.dns.ChangeResourceRecordSets(ctx, &route53.ChangeResourceRecordSetsInput{HostedZoneId: zone, ChangeBatch: &types.ChangeBatch{Changes: []types.Change{{
		Action: action, ResourceRecordSet: &types.ResourceRecordSet{Name: &name, Type: kind, TTL: aws.Int64(60), ResourceRecords: []types.ResourceRecord{{Value: &value}}},
	}}}})
	if err != nil {
		return err
	}
	return route53.NewResourceRecordSetsChangedWaiter(n.dns, func(o *route53.ResourceRecordSetsChangedWaiterOptions) {
		o.MinDelay, o.MaxDelay = 50*time.Millisecond, 50*time.Millisecond
	}).Wait(ctx, &route53.GetChangeInput{Id: out.ChangeInfo.Id}, 20*time.Second)
}

// validation is the name of the first validation record.
func (n named53) validation(ctx context.Context) (string, error) {
	zone, err := n.zone(ctx)
	if err != nil {
		return "", err
	}
	out, err := n.dns.ListResourceRecordSets(ctx, &route53.ListResourceRecordSetsInput{HostedZoneId: zone})
	if err != nil {
		return "", err
	}
	for _, set := range out.ResourceRecordSets {
		if set.Type == types.RRTypeCname {
			return aws.ToString(set.Name), nil
		}
	}
	return "", errors.New("there is no CNAME record")
}

// imported imports a certificate that signs itself.
func (n named53) imported(ctx context.Context, name string) (string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return "", err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", err
	}
	out, err := n.acm.ImportCertificate(ctx, &acm.ImportCertificateInput{
		Certificate: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}),
		PrivateKey:  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}),
	})
	if err != nil {
		return "", err
	}
	return aws.ToString(out.CertificateArn), nil
}

// left are the certificates, and the records of example.localhost that it hasn't from the start.
func (n named53) left(ctx context.Context) (found []string, err error) {
	certificates, err := n.acm.ListCertificates(ctx, &acm.ListCertificatesInput{Includes: &acmtypes.Filters{KeyTypes: acmtypes.KeyAlgorithm("").Values()}})
	if err != nil {
		return nil, err
	}
	for _, c := range certificates.CertificateSummaryList {
		found = append(found, aws.ToString(c.CertificateArn))
	}
	zone, err := n.zone(ctx)
	if err != nil {
		return nil, err
	}
	records, err := n.dns.ListResourceRecordSets(ctx, &route53.ListResourceRecordSetsInput{HostedZoneId: zone})
	if err != nil {
		return nil, err
	}
	for _, set := range records.ResourceRecordSets {
		if set.Type != types.RRTypeNs && set.Type != types.RRTypeSoa {
			found = append(found, string(set.Type)+" "+aws.ToString(set.Name))
		}
	}
	return found, nil
}
