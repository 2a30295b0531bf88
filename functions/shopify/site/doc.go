// Package site reads the settings that name locations of shops, such as SHOPIFY_MASTER_LOCATIONS.
//
// An entry is Shopify's id of a location, such as 655441491, or a shop with it, such as
// example-brand.myshopify.com/655441491. The id alone is enough with one shop.
package site
