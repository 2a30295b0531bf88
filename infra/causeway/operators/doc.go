// Package operators has the policies of people who run the operator's command on an
// installation: what each of its commands calls, and no more. Installation of package causeway
// creates them; an app that arranges constructs itself can create them from the names of its
// resources.
package operators
