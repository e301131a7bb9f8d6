package services_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"
	"github.com/aws/smithy-go"

	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/localcloud/policy"
	"github.com/platformctl/platformctl/internal/localcloud/server"
	"github.com/platformctl/platformctl/internal/localcloud/services/acm/model"
	route53 "github.com/platformctl/platformctl/internal/localcloud/services/route53/model"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

type fixture struct {
	*testing.T
	cloud  *localcloudtest.Cloud
	client *sdk.Client
}

func newFixture(t *testing.T, options ...func(*server.Options)) *fixture {
	t.Helper()
	cloud := localcloudtest.Start(t, options...)
	return &fixture{t, cloud, sdk.New(sdk.Options{Region: "eu-west-1", BaseEndpoint: aws.String(cloud.Endpoint), RetryMaxAttempts: 1, HTTPClient: localcloudtest.Client(),
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")})}
}

func (f *fixture) request(in *sdk.RequestCertificateInput) (arn string) {
	f.Helper()
	in.ValidationMethod = types.ValidationMethodDns
	out, err := f.client.RequestCertificate(f.Context(), in)
	if err != nil {
		f.Fatal(err)
	}
	return *out.CertificateArn
}

// await describes a certificate until it is as wanted.
func (f *fixture) await(arn string, is func(*types.CertificateDetail) bool) *types.CertificateDetail {
	f.Helper()
	ctx, cancel := context.WithTimeout(f.Context(), patience)
	defer cancel()
	for {
		changed := f.cloud.World.Changed()
		out, err := f.client.DescribeCertificate(f.Context(), &sdk.DescribeCertificateInput{CertificateArn: &arn})
		if err != nil {
			f.Fatal(err)
		}
		if is(out.Certificate) {
			return out.Certificate
		}
		select {
		case <-changed:
		case <-ctx.Done():
			f.Fatalf("certificate %+v", out.Certificate)
		}
	}
}

// issued is a certificate whose records are made as soon as it tells them.
func (f *fixture) issued(in *sdk.RequestCertificateInput) (arn string, c *types.CertificateDetail) {
	f.Helper()
	arn = f.request(in)
	c = f.await(arn, func(c *types.CertificateDetail) bool {
		return !slices.ContainsFunc(c.DomainValidationOptions, func(v types.DomainValidation) bool { return v.ResourceRecord == nil })
	})
	err := f.cloud.World.Update("", func(tx *world.Tx) error {
		route53.Prepare(tx)
		for _, v := range c.DomainValidationOptions {
			if _, err := route53.ChangeRecordSets(tx, route53.Zones(tx)[0].ID, "", []route53.Action{{Action: "UPSERT", Name: *v.ResourceRecord.Name, Type: string(v.ResourceRecord.Type),
				TTL: new(int64(60)), Values: []string{*v.ResourceRecord.Value}}}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		f.Fatal(err)
	}
	return arn, f.await(arn, func(c *types.CertificateDetail) bool { return c.Status == types.CertificateStatusIssued })
}

func TestRequestCertificate_GivesOneThatClientsVerify(t *testing.T) {
	f := newFixture(t)
	arn, c := f.issued(&sdk.RequestCertificateInput{DomainName: aws.String("shop.example.localhost"), SubjectAlternativeNames: []string{"*.shop.example.localhost"},
		KeyAlgorithm: types.KeyAlgorithmEcPrime256v1, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}, IdempotencyToken: aws.String("t1")})
	if c.KeyAlgorithm != "EC-prime256v1" || *c.SignatureAlgorithm != "SHA256WITHECDSA" || *c.Issuer != "Amazon" || *c.Subject != "CN=shop.example.localhost" || c.Type != types.CertificateTypeAmazonIssued ||
		len(c.InUseBy) != 0 || c.RenewalEligibility != types.RenewalEligibilityIneligible || c.RenewalSummary != nil || len(c.ExtendedKeyUsages) != 1 || *c.ExtendedKeyUsages[0].OID != "1.3.6.1.5.5.7.3.1" ||
		c.DomainValidationOptions[1].ValidationStatus != types.DomainStatusSuccess {
		t.Errorf("described as %+v", c)
	}
	shown, err := f.client.GetCertificate(t.Context(), &sdk.GetCertificateInput{CertificateArn: &arn})
	if err != nil {
		t.Fatal(err)
	}
	status, err := f.cloud.Status()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(status.CertificateAuthority)
	if err != nil {
		t.Fatal(err)
	}
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	between.AppendCertsFromPEM([]byte(*shown.CertificateChain))
	block, _ := pem.Decode([]byte(*shown.Certificate))
	x, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x.Verify(x509.VerifyOptions{DNSName: "www.shop.example.localhost", Roots: roots, Intermediates: between}); err != nil {
		t.Error(err)
	}
	if !x.NotAfter.Equal(*c.NotAfter) || !strings.HasSuffix(*shown.CertificateChain, string(text)) {
		t.Errorf("it is valid until %s, described as until %s; its chain is %s", x.NotAfter, *c.NotAfter, *shown.CertificateChain)
	}
	tags, err := f.client.ListTagsForCertificate(t.Context(), &sdk.ListTagsForCertificateInput{CertificateArn: &arn})
	if err != nil || len(tags.Tags) != 1 || *tags.Tags[0].Key != "a" {
		t.Errorf("tags %+v, %v", tags, err)
	}
	if again := f.request(&sdk.RequestCertificateInput{DomainName: aws.String("shop.example.localhost"), IdempotencyToken: aws.String("t1")}); again != arn {
		t.Errorf("the same token gave %s", again)
	}
	if left, err := f.cloud.Inventory(); err != nil || !slices.Contains(left, "certificate "+arn) {
		t.Errorf("inventory %v, %v", left, err)
	}
	if _, err := f.client.DeleteCertificate(t.Context(), &sdk.DeleteCertificateInput{CertificateArn: &arn}); err != nil {
		t.Fatal(err)
	}
	var missing *types.ResourceNotFoundException
	if _, err := f.client.DescribeCertificate(t.Context(), &sdk.DescribeCertificateInput{CertificateArn: &arn}); !errors.As(err, &missing) {
		t.Errorf("of a deleted one: %v", err)
	}
}

func TestDeleteCertificate_RefusesOneInUse(t *testing.T) {
	f := newFixture(t)
	arn, _ := f.issued(&sdk.RequestCertificateInput{DomainName: aws.String("shop.example.localhost"), KeyAlgorithm: types.KeyAlgorithmEcPrime256v1})
	const by = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/0123456789abcdef"
	change := func(do func(tx *world.Tx, certificateARN, by string)) {
		if err := f.cloud.World.Update("eu-west-1", func(tx *world.Tx) error {
			do(tx, arn, by)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	change(model.Use)
	c := f.await(arn, func(c *types.CertificateDetail) bool { return len(c.InUseBy) == 1 })
	if c.InUseBy[0] != by || c.RenewalEligibility != types.RenewalEligibilityEligible {
		t.Errorf("in use it is %+v", c)
	}
	_, err := f.client.DeleteCertificate(t.Context(), &sdk.DeleteCertificateInput{CertificateArn: &arn})
	var inUse *types.ResourceInUseException
	if !errors.As(err, &inUse) || *inUse.Message != "Certificate "+arn+" in account 123456789012 is in use." {
		t.Errorf("got %v", err)
	}
	change(model.LetGo)
	f.await(arn, func(c *types.CertificateDetail) bool { return len(c.InUseBy) == 0 })
	if _, err := f.client.DeleteCertificate(t.Context(), &sdk.DeleteCertificateInput{CertificateArn: &arn}); err != nil {
		t.Error(err)
	}
}

// selfSigned is a certificate that issued itself, with its key, in PEM.
func selfSigned(t *testing.T, serial int64, names ...string) (certificate, key []byte) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), DNSNames: names}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	rawKey, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: rawKey})
}

func TestImportCertificate_ReplacesWhatIsShown(t *testing.T) {
	dir := t.TempDir()
	f := newFixture(t, func(o *server.Options) { o.Dir = dir })
	certificate, key := selfSigned(t, 5, "shop.example.com")
	out, err := f.client.ImportCertificate(t.Context(), &sdk.ImportCertificateInput{Certificate: certificate, PrivateKey: key})
	if err != nil {
		t.Fatal(err)
	}
	shows := func(want []byte) {
		t.Helper()
		shown, err := f.client.GetCertificate(t.Context(), &sdk.GetCertificateInput{CertificateArn: out.CertificateArn})
		if err != nil || *shown.Certificate != string(want) || shown.CertificateChain != nil {
			t.Errorf("shown %+v, %v", shown, err)
		}
	}
	shows(certificate)
	other, otherKey := selfSigned(t, 5, "shop.example.com") // of the same serial number
	if _, err := f.client.ImportCertificate(t.Context(), &sdk.ImportCertificateInput{CertificateArn: out.CertificateArn, Certificate: other, PrivateKey: otherKey}); err != nil {
		t.Fatal(err)
	}
	shows(other)
	// The key is in no file but its own, which others can't read.
	world, err := os.ReadFile(dir + "/world.db")
	if err != nil || strings.Contains(string(world), "PRIVATE") {
		t.Errorf("the world's file has keys, or can't be read: %v", err)
	}
}

func TestListCertificates_ShowsRSAAloneWhereNothingIsAsked(t *testing.T) {
	f := newFixture(t)
	rsa := f.request(&sdk.RequestCertificateInput{DomainName: aws.String("a.example.localhost")})
	ec := f.request(&sdk.RequestCertificateInput{DomainName: aws.String("b.example.localhost"), KeyAlgorithm: types.KeyAlgorithmEcPrime256v1})
	list := func(in *sdk.ListCertificatesInput) (arns []string) {
		t.Helper()
		in.MaxItems = aws.Int32(1)
		for p := sdk.NewListCertificatesPaginator(f.client, in); p.HasMorePages(); {
			page, err := p.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range page.CertificateSummaryList {
				arns = append(arns, *c.CertificateArn)
			}
		}
		return arns
	}
	both := &types.Filters{KeyTypes: []types.KeyAlgorithm{types.KeyAlgorithmRsa2048, types.KeyAlgorithmEcPrime256v1}}
	for _, tt := range []struct {
		in   *sdk.ListCertificatesInput
		want []string
	}{
		{&sdk.ListCertificatesInput{}, []string{rsa}},
		{&sdk.ListCertificatesInput{Includes: both}, []string{rsa, ec}},
		{&sdk.ListCertificatesInput{Includes: both, SortBy: types.SortByCreatedAt, SortOrder: types.SortOrderDescending}, []string{ec, rsa}},
		{&sdk.ListCertificatesInput{Includes: both, CertificateStatuses: []types.CertificateStatus{types.CertificateStatusIssued}}, nil},
		{&sdk.ListCertificatesInput{Includes: &types.Filters{KeyTypes: both.KeyTypes, ExtendedKeyUsage: []types.ExtendedKeyUsageName{types.ExtendedKeyUsageNameTlsWebServerAuthentication}}}, nil},
	} {
		if got := list(tt.in); !slices.Equal(got, tt.want) {
			t.Errorf("%+v, %+v: %v, want %v", tt.in, tt.in.Includes, got, tt.want)
		}
	}
	_, err := f.client.ListCertificates(t.Context(), &sdk.ListCertificatesInput{SortBy: types.SortByCreatedAt})
	var invalid *types.InvalidArgsException
	if !errors.As(err, &invalid) {
		t.Errorf("sorted in no order: %v", err)
	}
}

func TestTags_AreAddedAndRemoved(t *testing.T) {
	f := newFixture(t)
	arn := f.request(&sdk.RequestCertificateInput{DomainName: aws.String("a.example.localhost")})
	tags := func(pairs ...string) (list []types.Tag) {
		for i := 0; i < len(pairs); i += 2 {
			list = append(list, types.Tag{Key: &pairs[i], Value: &pairs[i+1]})
		}
		return list
	}
	if _, err := f.client.AddTagsToCertificate(t.Context(), &sdk.AddTagsToCertificateInput{CertificateArn: &arn, Tags: tags("a", "1", "b", "2", "c", "3")}); err != nil {
		t.Fatal(err)
	}
	removed := append(tags("a", "other"), types.Tag{Key: aws.String("b")}, types.Tag{Key: aws.String("c"), Value: aws.String("3")}, types.Tag{Key: aws.String("none")})
	if _, err := f.client.RemoveTagsFromCertificate(t.Context(), &sdk.RemoveTagsFromCertificateInput{CertificateArn: &arn, Tags: removed}); err != nil {
		t.Fatal(err)
	}
	out, err := f.client.ListTagsForCertificate(t.Context(), &sdk.ListTagsForCertificateInput{CertificateArn: &arn})
	if err != nil || len(out.Tags) != 1 || *out.Tags[0].Key != "a" || *out.Tags[0].Value != "1" {
		t.Errorf("left %+v, %v", out, err)
	}
}

func TestRequestCertificate_IsAllowedByItsConditions(t *testing.T) {
	d, err := policy.Identity(`{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": "acm:RequestCertificate", "Resource": "*", "Condition": {
			"ForAllValues:StringLike": {"acm:DomainNames": ["shop.example.localhost", "*.shop.example.localhost"]},
			"StringEquals": {"acm:ValidationMethod": "DNS", "acm:KeyAlgorithm": "EC_prime256v1", "aws:RequestTag/own": "1"}}},
		{"Effect": "Allow", "Action": "acm:AddTagsToCertificate", "Resource": "arn:aws:acm:*:*:certificate/*", "Condition": {"StringEquals": {"aws:RequestTag/own": "1"}}},
		{"Effect": "Allow", "Action": "acm:DeleteCertificate", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/own": "1"}}}]}`)
	if err != nil {
		t.Fatal(err)
	}
	f := newFixture(t, func(o *server.Options) { o.Policies = []policy.Policy{{Name: "test", Document: d}} })
	own := []types.Tag{{Key: aws.String("own"), Value: aws.String("1")}}
	ec := types.KeyAlgorithmEcPrime256v1
	arn := f.request(&sdk.RequestCertificateInput{DomainName: aws.String("shop.example.localhost"), SubjectAlternativeNames: []string{"www.shop.example.localhost"}, KeyAlgorithm: ec, Tags: own})
	for what, in := range map[string]*sdk.RequestCertificateInput{
		"another name":          {DomainName: aws.String("other.example.localhost"), KeyAlgorithm: ec, Tags: own, ValidationMethod: types.ValidationMethodDns},
		"another name beside":   {DomainName: aws.String("shop.example.localhost"), SubjectAlternativeNames: []string{"other.example.localhost"}, KeyAlgorithm: ec, Tags: own, ValidationMethod: types.ValidationMethodDns},
		"validated by e-mail":   {DomainName: aws.String("shop.example.localhost"), KeyAlgorithm: ec, Tags: own},
		"another key algorithm": {DomainName: aws.String("shop.example.localhost"), KeyAlgorithm: types.KeyAlgorithmRsa2048, Tags: own, ValidationMethod: types.ValidationMethodDns},
		"without tags":          {DomainName: aws.String("shop.example.localhost"), KeyAlgorithm: ec, ValidationMethod: types.ValidationMethodDns},
	} {
		_, err := f.client.RequestCertificate(t.Context(), in)
		var denied *types.AccessDeniedException
		if !errors.As(err, &denied) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := f.client.DescribeCertificate(t.Context(), &sdk.DescribeCertificateInput{CertificateArn: &arn}); err == nil {
		t.Error("described without the permission")
	}
	if _, err := f.client.DeleteCertificate(t.Context(), &sdk.DeleteCertificateInput{CertificateArn: &arn}); err != nil {
		t.Error(err)
	}
}

func TestGetCertificate_IsTheSameAfterARestart(t *testing.T) {
	dir := t.TempDir()
	var arn, before string
	t.Run("before", func(t *testing.T) {
		f := newFixture(t, func(o *server.Options) { o.Dir = dir })
		arn, _ = f.issued(&sdk.RequestCertificateInput{DomainName: aws.String("shop.example.localhost"), KeyAlgorithm: types.KeyAlgorithmEcPrime256v1})
		shown, err := f.client.GetCertificate(t.Context(), &sdk.GetCertificateInput{CertificateArn: &arn})
		if err != nil {
			t.Fatal(err)
		}
		before = *shown.Certificate + *shown.CertificateChain
	})
	t.Run("after", func(t *testing.T) {
		f := newFixture(t, func(o *server.Options) { o.Dir = dir })
		shown, err := f.client.GetCertificate(t.Context(), &sdk.GetCertificateInput{CertificateArn: &arn})
		if err != nil || *shown.Certificate+*shown.CertificateChain != before {
			t.Errorf("after a restart it is another one, %v", err)
		}
	})
}

func TestACM_Refuses(t *testing.T) {
	f := newFixture(t)
	pending := f.request(&sdk.RequestCertificateInput{DomainName: aws.String("a.example.localhost")})
	ctx := t.Context()
	for code, call := range map[string]func() error{
		"RequestInProgressException": func() error {
			_, err := f.client.GetCertificate(ctx, &sdk.GetCertificateInput{CertificateArn: &pending})
			return err
		},
		"ValidationException": func() error {
			_, err := f.client.RequestCertificate(ctx, &sdk.RequestCertificateInput{DomainName: aws.String("-a.example.localhost"), ValidationMethod: types.ValidationMethodDns})
			return err
		},
		"NotSimulated": func() error {
			_, err := f.client.RequestCertificate(ctx, &sdk.RequestCertificateInput{DomainName: aws.String("a.example.localhost")})
			return err
		},
		"ResourceNotFoundException": func() error {
			_, err := f.client.DescribeCertificate(ctx, &sdk.DescribeCertificateInput{CertificateArn: aws.String("arn:aws:acm:us-east-1" + pending[len("arn:aws:acm:eu-west-1"):])})
			return err
		},
	} {
		var api smithy.APIError
		if err := call(); !errors.As(err, &api) || api.ErrorCode() != code {
			t.Errorf("got %v, want %s", err, code)
		}
	}
}
