-- Loyalty numbers are compared in capitals, on cards and in profiles alike. Orders share the table and stay as they are.

UPDATE OR IGNORE loyalty SET number = upper(number) WHERE number GLOB '*[a-z]*' AND number NOT GLOB 'order *';
