package canonical

import (
	"reflect"
	"strings"
)

// Personal reports whether a field of the model may hold personal data: it has a pii tag, or
// is free text, such as a note.
func Personal(field reflect.StructField) bool {
	return field.Tag.Get("pii") != "" || field.Name == "Note" || field.Name == "Reason"
}

// PersonalAt reports whether the field at a path such as "lines[0].sku" of the entity, a pointer
// to a type of this package, may hold personal data: it, or a field above it, is Personal. So may
// a path that the model does not have.
func PersonalAt(entity any, path string) bool {
	of := reflect.TypeOf(entity)
	for part := range strings.SplitSeq(path, ".") {
		for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
			of = of.Elem()
		}
		name, _, _ := strings.Cut(part, "[")
		field, known := fieldNamed(of, name)
		if !known || Personal(field) {
			return true
		}
		of = field.Type
	}
	return false
}

// fieldNamed returns the type's field of that JSON name.
func fieldNamed(of reflect.Type, name string) (reflect.StructField, bool) {
	if of.Kind() != reflect.Struct {
		return reflect.StructField{}, false
	}
	for _, field := range reflect.VisibleFields(of) {
		if json, _, _ := strings.Cut(field.Tag.Get("json"), ","); json == name && field.IsExported() {
			return field, true
		}
	}
	return reflect.StructField{}, false
}

// PersonalTexts returns the texts of the entity's fields that may hold personal data; entity is
// a pointer to a type of this package. Absent and empty texts are left out.
func PersonalTexts(entity any) []string {
	return personalTexts(nil, reflect.ValueOf(entity), false)
}

func personalTexts(all []string, value reflect.Value, personal bool) []string {
	switch value.Kind() {
	case reflect.Pointer:
		if !value.IsNil() {
			all = personalTexts(all, value.Elem(), personal)
		}
	case reflect.Slice:
		for i := range value.Len() {
			all = personalTexts(all, value.Index(i), personal)
		}
	case reflect.String:
		if personal && value.Len() > 0 {
			all = append(all, value.String())
		}
	case reflect.Struct:
		if text, ok := value.Interface().(Text); ok {
			return personalTexts(all, reflect.ValueOf(text.value), personal)
		}
		for i := range value.NumField() {
			if field := value.Type().Field(i); field.IsExported() {
				all = personalTexts(all, value.Field(i), personal || Personal(field))
			}
		}
	}
	return all
}
