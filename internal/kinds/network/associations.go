package network

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// codeAlreadyAssociated is how EC2 refuses a second association of a subnet, or attachment of
// an internet gateway.
const codeAlreadyAssociated = "Resource.AlreadyAssociated"

func isMain(a types.RouteTableAssociation) bool { return aws.ToBool(a.Main) }

// associated is the subnet that an association is of, or the gateway.
func associated(a types.RouteTableAssociation) string {
	if a.SubnetId != nil {
		return *a.SubnetId
	}
	return aws.ToString(a.GatewayId)
}

func associationState(a types.RouteTableAssociation) types.RouteTableAssociationStateCode {
	if a.AssociationState == nil {
		return types.RouteTableAssociationStateCodeAssociated
	}
	return a.AssociationState.State
}

// compareAssociations returns the subnets that lack their association, and the
// associations that nobody asked for. The main association isn't counted: it
// names no subnet, and can't be taken away.
func compareAssociations(s RouteTable, l types.RouteTable, ids resource.IDs) (missing []string, surplus []types.RouteTableAssociation) {
	missing = ids.All(s.Subnets)
	for _, a := range l.Associations {
		switch state := associationState(a); {
		case isMain(a),
			state == types.RouteTableAssociationStateCodeDisassociating,
			state == types.RouteTableAssociationStateCodeDisassociated,
			state == types.RouteTableAssociationStateCodeFailed:
			continue
		}
		if i := slices.Index(missing, associated(a)); i >= 0 {
			missing = slices.Delete(missing, i, i+1)
		} else {
			surplus = append(surplus, a)
		}
	}
	return missing, surplus
}

// associate gives a subnet this route table, and says whether that is done as soon as
// it returns. AWS refuses it where the subnet has another one; then the association is
// moved, which leaves no moment in which the subnet follows the VPC's main table.
func associate(ctx context.Context, c *awsapi.Clients, table, subnet string) (done bool, err error) {
	out, refusal := c.EC2.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{RouteTableId: &table, SubnetId: &subnet})
	if refusal == nil {
		state := associationState(types.RouteTableAssociation{AssociationState: out.AssociationState})
		return state == types.RouteTableAssociationStateCodeAssociated, nil
	}
	if !awsapi.HasCode(refusal, codeAlreadyAssociated) {
		return false, refusal
	}
	holders, err := routeTables(ctx, c, awsapi.Filter(awsapi.FilterAssociatedSubnet, subnet))
	if err != nil {
		return false, err
	}
	for _, holder := range holders {
		for _, a := range holder.Associations {
			if associated(a) != subnet || aws.ToString(holder.RouteTableId) == table {
				continue
			}
			if _, err := c.EC2.ReplaceRouteTableAssociation(ctx, &ec2.ReplaceRouteTableAssociationInput{
				AssociationId: a.RouteTableAssociationId, RouteTableId: &table,
			}); err != nil {
				return false, fmt.Errorf("move %s from %s: %w", subnet, aws.ToString(holder.RouteTableId), err)
			}
		}
	}
	return false, nil
}

func disassociate(ctx context.Context, c *awsapi.Clients, associations []types.RouteTableAssociation) error {
	for _, a := range associations {
		_, err := c.EC2.DisassociateRouteTable(ctx, &ec2.DisassociateRouteTableInput{AssociationId: a.RouteTableAssociationId})
		if err != nil && !awsapi.IsNotFound(err) {
			return err
		}
	}
	return nil
}
