package cloudtest

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// logLine is one event of a log group.
type logLine struct {
	id, stream string
	at         time.Time
	text       string
}

func (s *Server) addLogOperations() {
	s.operations["logs.CreateLogGroup"] = op(s, s.createLogGroup)
	s.operations["logs.FilterLogEvents"] = op(s, s.filterLogEvents)
}

var logGroupName = regexp.MustCompile(`^[.\-_/#A-Za-z0-9]{1,512}$`)

func badLog(format string, values ...any) *refusal {
	return refuse(http.StatusBadRequest, "InvalidParameterException", format, values...)
}

type createLogGroupInput struct {
	LogGroupName string `json:"logGroupName"`
}

func (s *Server) createLogGroup(_ call, in *createLogGroupInput) (any, error) {
	switch {
	case !logGroupName.MatchString(in.LogGroupName):
		return nil, badLog("Value at 'logGroupName' failed to satisfy constraint")
	case s.logs[in.LogGroupName] != nil:
		return nil, refuse(http.StatusBadRequest, "ResourceAlreadyExistsException", "The specified log group already exists")
	}
	s.logs[in.LogGroupName] = []logLine{}
	return nil, nil
}

// Log adds a line to a log group, as the function that it belongs to does.
func (s *Server) Log(group, stream, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.logs[group] = append(s.logs[group], logLine{s.nextID(), stream, s.now(), text})
}

type filterLogEventsInput struct {
	LogGroupName  string `json:"logGroupName"`
	FilterPattern string `json:"filterPattern"`
	NextToken     string `json:"nextToken"`
	StartTime     int64  `json:"startTime"` // milliseconds
	EndTime       int64  `json:"endTime"`
	Limit         int    `json:"limit"`
}

// mostEvents is the most and the default of a page (CloudWatch Logs API reference,
// FilterLogEvents).
const mostEvents = 10_000

// filterLogEvents searches as CloudWatch does: one call reads a part of the group only, and may
// find nothing and still have a token. Here a part is scanPart lines.
func (s *Server) filterLogEvents(_ call, in *filterLogEventsInput) (any, error) {
	lines, known := s.logs[in.LogGroupName]
	matches, err := filterPattern(in.FilterPattern)
	if !known {
		return nil, refuse(http.StatusBadRequest, "ResourceNotFoundException", "The specified log group does not exist.")
	}
	first, bad := in.check(len(lines))
	if err = cmp.Or(err, bad); err != nil {
		return nil, err
	}
	found, answer := []any{}, map[string]any{}
	slices.SortStableFunc(lines, func(a, b logLine) int { return a.at.Compare(b.at) })
	for i, line := range lines[first:] {
		if i == scanPart || len(found) == cmp.Or(in.Limit, mostEvents) {
			answer["nextToken"] = strconv.Itoa(first + i)
			break
		}
		if at := line.at.UnixMilli(); in.within(at) && matches(line.text) {
			found = append(found, map[string]any{"eventId": line.id, "logStreamName": line.stream, "timestamp": at, "ingestionTime": at, "message": line.text})
		}
	}
	answer["events"], answer["searchedLogStreams"] = found, []any{}
	return answer, nil
}

// check returns where the page begins among so many lines.
func (in *filterLogEventsInput) check(lines int) (first int, err error) {
	switch {
	case in.Limit < 0 || in.Limit > mostEvents:
		return 0, badLog("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 10000", in.Limit)
	case in.StartTime > in.EndTime && in.EndTime != 0:
		return 0, badLog("startTime must be before endTime")
	case in.NextToken == "":
		return 0, nil
	}
	if first, err = strconv.Atoi(in.NextToken); err != nil || first > lines {
		return 0, badLog("The specified nextToken is invalid.")
	}
	return first, nil
}

func (in *filterLogEventsInput) within(at int64) bool {
	return at >= in.StartTime && (in.EndTime == 0 || at < in.EndTime)
}

// scanPart is how many lines one call reads.
const scanPart = 100

// filterPattern reads a pattern of terms (CloudWatch Logs user guide, "Filter pattern syntax"):
// a line matches if it has all plain terms, or one of the optional ones ("?"). Terms are in
// quotes; a quote in a term is escaped. Refused are patterns of JSON members, and plain terms
// beside optional ones, which CloudWatch then ignores.
func filterPattern(pattern string) (func(line string) bool, error) {
	var all, some []string
	for rest := strings.TrimSpace(pattern); rest != ""; rest = strings.TrimSpace(rest) {
		optional := strings.HasPrefix(rest, "?")
		rest = strings.TrimPrefix(rest, "?")
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil || rest[0] != '"' {
			return nil, badLog("Invalid filter pattern: this stand-in knows terms in quotes only: %s", rest)
		}
		term, err := strconv.Unquote(quoted)
		if err != nil || term == "" {
			return nil, badLog("Invalid filter pattern: %s", quoted)
		}
		if rest = rest[len(quoted):]; optional {
			some = append(some, term)
		} else {
			all = append(all, term)
		}
	}
	if len(all) > 0 && len(some) > 0 {
		return nil, badLog("this stand-in takes no plain terms beside optional ones, which CloudWatch ignores: %s", pattern)
	}
	if len(pattern) > 1024 {
		return nil, badLog("1 validation error detected: Value at 'filterPattern' failed to satisfy constraint: Member must have length less than or equal to 1024")
	}
	return func(line string) bool {
		has := func(term string) bool { return strings.Contains(line, term) }
		lacks := func(term string) bool { return !has(term) }
		return !slices.ContainsFunc(all, lacks) && (len(some) == 0 || slices.ContainsFunc(some, has))
	}, nil
}
