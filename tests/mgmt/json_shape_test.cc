#include "mgmt/http/json_shape.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "mgmt/http/object_reader.h"

namespace tidemark::mgmt {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

TEST(JsonShape, AKeyThatIsNotAlwaysThereIsOptional) {
  const ordered_json shape = shape_of({{{"a", 1}, {"b", "x"}}, {{"a", 2}}});
  EXPECT_EQ(shape["required"], ordered_json::array({"a"}));
  EXPECT_EQ(shape["properties"]["b"]["type"], "string");
}

TEST(JsonShape, WhatIsNullOnceMayBeNull) {
  const ordered_json shape = shape_of({{{"a", nullptr}}, {{"a", {{"x", true}}}}});
  EXPECT_EQ(shape["properties"]["a"]["type"], ordered_json::array({"object", "null"}));
  EXPECT_EQ(shape["properties"]["a"]["properties"]["x"]["type"], "boolean");
}

TEST(JsonShape, WholeNumbersAreNumbers) {
  EXPECT_EQ(shape_of({ordered_json(1), ordered_json(0.5)})["type"], "number");
  EXPECT_EQ(shape_of({ordered_json(1)})["type"], "integer");
}

TEST(JsonShape, AListHasTheShapeOfAllItsMembers) {
  const ordered_json shape =
      shape_of({ordered_json::parse(R"([{"a": 1}, {"a": 1, "b": 2}])"), ordered_json::array()});
  EXPECT_EQ(shape["items"]["required"], ordered_json::array({"a"}));
  EXPECT_TRUE(shape["items"]["properties"].contains("b"));
}

TEST(ObjectSchema, IsWhatTheReaderIsAskedFor) {
  const ordered_json schema = accepted_by([](const json& value) {
    Faults faults;
    ObjectReader reader(value, {}, {"name", "count", "on", "limits", "luns"}, faults);
    std::string name;
    uint64_t count = 0;
    bool on = false;
    reader.text("name", Need::required, name);
    reader.number("count", Need::optional, 1, 64, count);
    reader.flag("on", on);
    reader.object("limits", [&](const json& inner, const std::string& path) {
      ObjectReader limits(inner, path, {"bytes"}, faults);
      limits.size("bytes", Need::required, count);
    });
    reader.each("luns", Need::required, [&](const json& inner, const std::string& path) {
      ObjectReader lun(inner, path, {"lun"}, faults);
      lun.number("lun", Need::required, 0, 255, count);
    });
  });
  EXPECT_EQ(schema["required"], ordered_json::array({"name", "luns"}));
  EXPECT_EQ(schema["properties"]["count"],
            ordered_json({{"type", "integer"}, {"minimum", 1}, {"maximum", 64}}));
  EXPECT_EQ(schema["properties"]["limits"]["required"], ordered_json::array({"bytes"}));
  EXPECT_EQ(schema["properties"]["luns"]["items"]["properties"]["lun"]["maximum"], 255);
}

TEST(ObjectSchema, AReaderOutsideADescriptionNotesNothing) {
  const json value = {{"name", "x"}};
  Faults faults;
  std::string name;
  ObjectReader reader(value, {}, {"name"}, faults);
  EXPECT_TRUE(reader.text("name", Need::required, name));
  EXPECT_EQ(name, "x");
}

}  // namespace
}  // namespace tidemark::mgmt
