/// Choices of a configuration, turned the wrong way.
#ifndef EIGENVIT_TESTS_UNIT_IO_WRONG_TURN_HPP
#define EIGENVIT_TESTS_UNIT_IO_WRONG_TURN_HPP

namespace wrong_turn {

/// Gives a choice another value; false where it has that value.
template <class Value>
bool set(Value& field, const Value& value) {
  if (field == value) return false;
  field = value;
  return true;
}

/// The same where the choice is `from`; false elsewhere.
template <class Value>
bool set_from(Value& field, const Value& from, const Value& to) {
  return field == from && set(field, to);
}

}  // namespace wrong_turn

#endif
