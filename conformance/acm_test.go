//go:build judges

package conformance_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	route53 "github.com/platformctl/platformctl/internal/localcloud/services/route53/model"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// TestSnapshots_OfCertificates does what others did on AWS, and expects ACM's replies to be as theirs.
func TestSnapshots_OfCertificates(t *testing.T) {
	t.Parallel()
	s := readSnapshots(t, "acm-test_acm.json")
	c := startCloud(t)
	acm := func(operation string, parameters map[string]any) map[string]any {
		t.Helper()
		return c.ask(t, "acm", "CertificateManager."+operation, parameters)
	}
	since := map[string]string{`Options\.Export wasn't recorded|ExportOption wasn't recorded|Exported wasn't recorded`: "certificates can be exported since June 2025"}
	none := map[string]string{}

	const wildcard = "test_certificate_for_subdomain_wildcard"
	made := acm("RequestCertificate", map[string]any{"DomainName": "*.snapshots.example.localhost", "ValidationMethod": "DNS"})
	s.agree(t, wildcard, "request-cert", made, none)
	arn := map[string]any{"CertificateArn": made["CertificateArn"]}
	detail := c.until(t, func() (map[string]any, bool) {
		reply := acm("DescribeCertificate", arn)
		_, told := recordOf(reply)
		return reply, told
	})
	s.agree(t, wildcard, "describe-cert", detail, since)
	s.agree(t, "test_list_certificates_with_key_types_filter_requested_certificate", "list-certificates-with-key-types",
		renamed(acm("ListCertificates", map[string]any{"Includes": map[string]any{"keyTypes": []string{"RSA_2048"}}}), "test-domain-2b60e4d1.localhost.localstack.cloud"),
		map[string]string{`ExportOption wasn't recorded`: "an earlier recording of the same has it"})
	record, _ := recordOf(detail)
	change := func(action string) {
		if err := c.World.Update("", func(tx *world.Tx) error {
			_, err := route53.ChangeRecordSets(tx, route53.Zones(tx)[0].ID, "", []route53.Action{{Action: action, Name: record["Name"].(string), Type: "CNAME", TTL: new(int64(60)), Values: []string{record["Value"].(string)}}}) //nolint:forcetypeassert // as recorded
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	change("CREATE")
	detail = c.until(t, func() (map[string]any, bool) {
		reply := acm("DescribeCertificate", arn)
		return reply, reply["Certificate"].(map[string]any)["Status"] == "ISSUED" //nolint:forcetypeassert // as recorded
	})
	client := "since June 2025 certificates are for servers alone"
	s.agree(t, wildcard, "describe-cert-2", detail, map[string]string{`Options\.Export wasn't recorded`: since[`Options\.Export wasn't recorded`], `ExtendedKeyUsages is`: client})
	s.agree(t, wildcard, "list-cert", acm("ListCertificates", map[string]any{})["CertificateSummaryList"], map[string]string{`(ExportOption|Exported) wasn't recorded`: "certificates can be exported since June 2025", `ExtendedKeyUsages is`: client})
	acm("DeleteCertificate", arn)
	change("DELETE")

	certificate, key := recordedCertificate(t)
	made = acm("ImportCertificate", map[string]any{"Certificate": certificate, "PrivateKey": key})
	s.agree(t, "test_import_certificate", "import-certificate-response", made, none)
	arn = map[string]any{"CertificateArn": made["CertificateArn"]}
	s.agree(t, "test_import_certificate", "describe-certificate-response", acm("DescribeCertificate", arn), none)
	list := acm("ListCertificates", map[string]any{"Includes": map[string]any{"keyTypes": []string{"RSA_2048"}}})["CertificateSummaryList"].([]any) //nolint:forcetypeassert // as recorded
	s.agree(t, "test_list_certificates_with_key_types_filter_imported_certificate", "list-certificates-with-key-types", list[0], none)
	acm("DeleteCertificate", arn)
	if left := c.left(t); len(left) > 0 {
		t.Errorf("there are still %q", left)
	}
}

// recordOf is the record that proves a certificate's name, once it is told.
func recordOf(detail map[string]any) (record map[string]any, told bool) {
	options := detail["Certificate"].(map[string]any)["DomainValidationOptions"].([]any) //nolint:forcetypeassert // as recorded
	record, told = options[0].(map[string]any)["ResourceRecord"].(map[string]any)
	return record, told
}

// renamed is a list whose one certificate has the name of the recorded one.
func renamed(list map[string]any, name string) map[string]any {
	one := list["CertificateSummaryList"].([]any)[0].(map[string]any) //nolint:forcetypeassert // as recorded
	one["DomainName"], one["SubjectAlternativeNameSummaries"] = name, []any{name}
	return list
}

// recordedCertificate is a certificate like the one that was imported when the replies were recorded.
func recordedCertificate(t *testing.T) (certificate, key []byte) {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	var subject []pkix.AttributeTypeAndValue
	for _, a := range []struct {
		kind  int
		value string
	}{{6, "AU"}, {8, "Some-State"}, {7, "Some-Locality"}, {10, "LocalStack Org"}, {11, "Testing"}, {3, "localhost"}} {
		subject = append(subject, pkix.AttributeTypeAndValue{Type: asn1.ObjectIdentifier{2, 5, 4, a.kind}, Value: a.value})
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(0x03e9), Subject: pkix.Name{ExtraNames: subject},
		DNSNames:  []string{"localhost", "test.localhost.atlassian.io", "localhost.localstack.cloud", "localhost.localstack.cloudIP:127.0.0.1"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment | x509.KeyUsageKeyEncipherment,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})
}

// until asks for a reply until it is as wanted.
func (c *cloud) until(t *testing.T, ask func() (reply map[string]any, wanted bool)) map[string]any {
	t.Helper()
	for deadline := time.After(patience); ; {
		changed := c.World.Changed()
		reply, wanted := ask()
		if wanted {
			return reply
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("never came: the last reply is %v", reply)
		}
	}
}
