// Package rules applies the rules of an installation: settings that are expressions over the
// canonical body of an event, where brands differ by more than one value. Which item, which
// subsidiary, which account, skip or not.
//
// A system declares a rule as a field of its settings struct:
//
//	RuleItem connector.Expression `env:"NETSUITE_RULE_ITEM" rule:"text" over:"order.lines refund.lines"`
//
// The tag over names the entities that it is evaluated over, each once as a whole ("order") or
// once for each member of a list ("order.lines"), which is $part then. The tag rule names the
// form of the result:
//
//	id            the text of a number, such as "3"
//	text          text of at most 128 printable characters
//	reason        true, or a text that is written in the expression, so that it has no data of
//	              the message
//	"open held"   one of these words
//
// The result null means that the rule has no opinion: the plain setting or default counts. A
// rule yields choices and never an amount: a number is an error, and so is any other value.
//
// Guarantees:
//
//   - Language.Open compiles every rule and evaluates it over a sample message of each entity, and over
//     a message that has only the members that all have. So an expression that cannot be read,
//     gives the wrong kind of value, or needs a member that may be missing stops the start.
//   - All rules of a message are evaluated before anything is written. One that fails makes
//     the message wait, as a missing setting does, until the expression is corrected.
//   - Decisions of one message take at most Steps steps, and no time of a clock.
//   - No error has a value of the message. It names the setting, the part, and the expression.
//   - A program without the language (connector.Deps.Rules is nil) rejects settings with rules
//     instead of ignoring them.
//
// A function that has no rule does not link this package: connectors and pipeline know its
// contract alone (connector.Language). Package jq has the language itself.
package rules
