package cloudtest

import (
	"net/http"
	"slices"
	"strings"
)

// archive keeps the events of a bus. This stand-in keeps none in it.
type archive struct {
	ArchiveName    string
	EventSourceARN string `json:"EventSourceArn"`
	RetentionDays  int
}

// recoveryDays is how far back a table can be restored (DynamoDB developer guide,
// "Point-in-time recovery").
const recoveryDays = 35

func (s *Server) addRetentionOperations() {
	s.operations["events.CreateArchive"] = op(s, s.createArchive)
	s.operations["events.DescribeArchive"] = op(s, s.describeArchive)
	s.operations["logs.PutRetentionPolicy"] = op(s, s.putRetentionPolicy)
	s.operations["logs.DescribeLogGroups"] = op(s, s.describeLogGroups)
}

func (s *Server) createArchive(_ call, in *archive) (any, error) {
	if s.archives[in.ArchiveName].ArchiveName != "" {
		return nil, refuse(http.StatusBadRequest, "ResourceAlreadyExistsException", "Archive %s already exists.", in.ArchiveName)
	}
	s.archives[in.ArchiveName] = *in
	return map[string]string{"State": "ENABLED"}, nil
}

type describeArchiveInput struct{ ArchiveName string }

func (s *Server) describeArchive(_ call, in *describeArchiveInput) (any, error) {
	found, exists := s.archives[in.ArchiveName]
	if !exists {
		return nil, refuse(http.StatusBadRequest, "ResourceNotFoundException", "Archive %s does not exist.", in.ArchiveName)
	}
	return found, nil
}

type retentionPolicyInput struct {
	LogGroupName    string `json:"logGroupName"`
	RetentionInDays int    `json:"retentionInDays"`
}

// logDays are the retentions that CloudWatch takes (CloudWatch Logs API reference,
// PutRetentionPolicy).
var logDays = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

func (s *Server) putRetentionPolicy(_ call, in *retentionPolicyInput) (any, error) {
	switch _, known := s.logs[in.LogGroupName]; {
	case !known:
		return nil, refuse(http.StatusBadRequest, "ResourceNotFoundException", "The specified log group does not exist.")
	case !slices.Contains(logDays, in.RetentionInDays):
		return nil, badLog("Value at 'retentionInDays' failed to satisfy constraint")
	}
	s.logDays[in.LogGroupName] = in.RetentionInDays
	return nil, nil
}

type describeLogGroupsInput struct {
	LogGroupNamePrefix string `json:"logGroupNamePrefix"`
	NextToken          string `json:"nextToken"`
}

// groupsPerPage is small, so that lists have to be continued.
const groupsPerPage = 2

func (s *Server) describeLogGroups(_ call, in *describeLogGroupsInput) (any, error) {
	groups, answer := []any{}, map[string]any{}
	for _, name := range sortedKeys(s.logs) {
		if name <= in.NextToken || !strings.HasPrefix(name, in.LogGroupNamePrefix) {
			continue
		}
		if len(groups) == groupsPerPage {
			answer["nextToken"] = groups[len(groups)-1].(map[string]any)["logGroupName"]
			break
		}
		group := map[string]any{"logGroupName": name}
		if days := s.logDays[name]; days > 0 {
			group["retentionInDays"] = days
		}
		groups = append(groups, group)
	}
	answer["logGroups"] = groups
	return answer, nil
}
