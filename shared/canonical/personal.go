package canonical

import "reflect"

// Personal reports whether a field of the model may hold personal data: it has a pii tag, or
// is free text, such as a note.
func Personal(field reflect.StructField) bool {
	return field.Tag.Get("pii") != "" || field.Name == "Note" || field.Name == "Reason"
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
