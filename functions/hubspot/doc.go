// Package hubspot is the target HubSpot.
package hubspot
