"""Cities whose name is not that of their time zone, or is not spelled as people write it: public facts, by zone.

Written as pages offer them. Where a name says more after a comma, the part before it is enough, unless other zones have
a city of that name too: then the person chooses. accounts/zones.py reads it, beside the names of the zones themselves.
"""

CITIES = {
    "Africa/Abidjan": "Yamoussoukro",
    "Africa/Addis_Ababa": "Addis Ababa",
    "Africa/Algiers": "Alger | Oran",
    "Africa/Cairo": "Al Qahira | Alexandria, Egypt | Giza",
    "Africa/Casablanca": "Agadir | Fes | Marrakesh | Rabat | Tangier",
    "Africa/Dar_es_Salaam": "Dar es Salaam | Dodoma | Zanzibar",
    "Africa/Johannesburg": "Bloemfontein | Cape Town | Durban | Pretoria | Soweto",
    "Africa/Kinshasa": "Kinshasa",
    "Africa/Lagos": "Abuja | Ibadan | Kano | Port Harcourt",
    "Africa/Lubumbashi": "Goma | Lubumbashi",
    "Africa/Nairobi": "Mombasa",
    "Africa/Tunis": "Sfax | Tunis",
    "America/Anchorage": "Anchorage, Alaska | Fairbanks, Alaska",
    "America/Argentina/Buenos_Aires": "Buenos Aires | La Plata | Mar del Plata | Rosario",
    "America/Argentina/Cordoba": "Córdoba, Argentina",
    "America/Argentina/San_Juan": "San Juan, Argentina",
    "America/Asuncion": "Asunción",
    "America/Bahia": "Salvador, Brazil",
    "America/Bogota": "Barranquilla | Bogotá | Cali | Cartagena, Colombia | Medellín",
    "America/Boise": "Boise, Idaho",
    "America/Cancun": "Cancún | Playa del Carmen | Tulum",
    "America/Caracas": "Barcelona, Venezuela | Maracaibo | Mérida, Venezuela | Valencia, Venezuela",
    "America/Chicago": (
        "Arlington, Texas | Austin, Texas | Baton Rouge, Louisiana | Birmingham, Alabama | Chicago, Illinois | "
        "Dallas, Texas | Des Moines, Iowa | Fort Worth, Texas | Houston, Texas | Huntsville, Alabama | Kansas City, "
        "Missouri | Lincoln, Nebraska | Little Rock, Arkansas | Madison, Wisconsin | Memphis, Tennessee | Milwaukee, "
        "Wisconsin | Minneapolis, Minnesota | Mobile, Alabama | Nashville, Tennessee | New Orleans, Louisiana | "
        "Oklahoma City, Oklahoma | Omaha, Nebraska | Rochester, Minnesota | St. Louis, Missouri | St. Paul, Minnesota "
        "| San Antonio, Texas | Sioux Falls, South Dakota | Springfield, Illinois | Springfield, Missouri | Tulsa, "
        "Oklahoma | Wichita, Kansas"
    ),
    "America/Costa_Rica": "San José, Costa Rica",
    "America/Denver": (
        "Albuquerque, New Mexico | Aurora, Colorado | Billings, Montana | Boulder, Colorado | Cheyenne, Wyoming | "
        "Colorado Springs, Colorado | Denver, Colorado | El Paso, Texas | Provo, Utah | Salt Lake City, Utah | Santa "
        "Fe, New Mexico"
    ),
    "America/Detroit": "Ann Arbor, Michigan | Detroit, Michigan | Grand Rapids, Michigan | Lansing, Michigan",
    "America/Edmonton": "Calgary",
    "America/Guayaquil": "Cuenca, Ecuador | Quito",
    "America/Guyana": "Georgetown, Guyana",
    "America/Halifax": "Halifax, Nova Scotia",
    "America/Havana": "La Habana",
    "America/Indiana/Indianapolis": "Fort Wayne, Indiana | Indianapolis, Indiana | South Bend, Indiana",
    "America/Jamaica": "Kingston, Jamaica | Montego Bay",
    "America/Kentucky/Louisville": "Louisville, Kentucky",
    "America/La_Paz": "Cochabamba | La Paz, Bolivia | Santa Cruz de la Sierra",
    "America/Lima": "Arequipa | Cusco",
    "America/Los_Angeles": (
        "Anaheim, California | Bakersfield, California | Bellevue, Washington | Berkeley, California | Eugene, Oregon "
        "| Fresno, California | Irvine, California | Las Vegas, Nevada | Long Beach, California | Los Angeles, "
        "California | Oakland, California | Palo Alto, California | Portland, Oregon | Reno, Nevada | Sacramento, "
        "California | Salem, Oregon | San Diego, California | San Francisco, California | San Jose, California | "
        "Santa Barbara, California | Seattle, Washington | Spokane, Washington | Tacoma, Washington"
    ),
    "America/Managua": "Granada, Nicaragua | León, Nicaragua",
    "America/Manaus": "Manaus",
    "America/Matamoros": "Matamoros",
    "America/Mazatlan": "Culiacán | La Paz, Mexico | Mazatlán",
    "America/Merida": "Mérida, Mexico",
    "America/Mexico_City": (
        "Ciudad de México | Guadalajara, Mexico | León, Mexico | Mexico City | Oaxaca | Puebla | Querétaro | Toluca | "
        "Veracruz"
    ),
    "America/Monterrey": "Saltillo",
    "America/New_York": (
        "Akron, Ohio | Albany, New York | Alexandria, Virginia | Arlington, Virginia | Atlanta, Georgia | Baltimore, "
        "Maryland | Boston, Massachusetts | Brooklyn, New York | Buffalo, New York | Cambridge, Massachusetts | "
        "Charleston, South Carolina | Charlotte, North Carolina | Cincinnati, Ohio | Cleveland, Ohio | Columbus, Ohio "
        "| Dayton, Ohio | Durham, North Carolina | Fort Lauderdale, Florida | Greensboro, North Carolina | Hartford, "
        "Connecticut | Jacksonville, Florida | Jersey City, New Jersey | Knoxville, Tennessee | Manchester, New "
        "Hampshire | Miami, Florida | New Haven, Connecticut | New York City | New York, New York | Newark, New "
        "Jersey | Norfolk, Virginia | NYC | Orlando, Florida | Philadelphia, Pennsylvania | Pittsburgh, Pennsylvania "
        "| Portland, Maine | Providence, Rhode Island | Raleigh, North Carolina | Richmond, Virginia | Rochester, New "
        "York | St. Petersburg, Florida | Salem, Massachusetts | Savannah, Georgia | Springfield, Massachusetts | "
        "Syracuse, New York | Tallahassee, Florida | Tampa, Florida | Toledo, Ohio | Virginia Beach, Virginia | "
        "Washington DC | Washington, District of Columbia | Wilmington, Delaware | Worcester, Massachusetts"
    ),
    "America/Panama": "Panama City, Panama",
    "America/Phoenix": "Flagstaff, Arizona | Mesa, Arizona | Phoenix, Arizona | Scottsdale, Arizona | Tucson, Arizona",
    "America/Port_of_Spain": "Port of Spain",
    "America/Puerto_Rico": "San Juan, Puerto Rico",
    "America/Regina": "Saskatoon",
    "America/Santiago": "Concepción | Santiago | Valparaíso",
    "America/Santo_Domingo": "Santiago, Dominican Republic",
    "America/Sao_Paulo": (
        "Belo Horizonte | Brasília | Campinas | Curitiba | Florianópolis | Goiânia | Porto Alegre | Rio de Janeiro | "
        "São Paulo"
    ),
    "America/St_Johns": "St. John's, Newfoundland",
    "America/Tijuana": "Mexicali",
    "America/Toronto": (
        "Brampton | Hamilton, Ontario | Kingston, Ontario | Kitchener | London, Ontario | Mississauga | Montréal | "
        "Ottawa | Québec | Quebec City | Windsor, Ontario"
    ),
    "America/Vancouver": "Richmond, British Columbia | Surrey, British Columbia | Victoria, British Columbia",
    "America/Winnipeg": "Brandon, Manitoba",
    "Asia/Almaty": "Astana | Shymkent",
    "Asia/Baghdad": "Basra | Erbil | Mosul",
    "Asia/Bangkok": "Chiang Mai | Krung Thep | Phuket",
    "Asia/Damascus": "Aleppo | Homs",
    "Asia/Dhaka": "Chittagong | Sylhet",
    "Asia/Dubai": "Abu Dhabi | Sharjah",
    "Asia/Ho_Chi_Minh": "Da Nang | Hanoi | Ho Chi Minh City | Saigon",
    "Asia/Jakarta": "Bandung | Semarang | Surabaya | Yogyakarta",
    "Asia/Jerusalem": "Beersheba | Haifa | Tel Aviv",
    "Asia/Karachi": "Faisalabad | Hyderabad, Pakistan | Islamabad | Lahore | Multan | Peshawar | Rawalpindi",
    "Asia/Kathmandu": "Kathmandu | Pokhara",
    "Asia/Kolkata": (
        "Ahmedabad | Amritsar | Bangalore | Bengaluru | Bhopal | Bombay | Calcutta | Chandigarh | Chennai | "
        "Coimbatore | Delhi | Goa | Hyderabad, India | Indore | Jaipur | Kanpur | Kochi, India | Lucknow | Madras | "
        "Mumbai | Nagpur | New Delhi | Patna | Pune | Surat | Thiruvananthapuram | Vadodara | Varanasi | "
        "Visakhapatnam"
    ),
    "Asia/Kuala_Lumpur": "George Town, Malaysia | Johor Bahru | Kuala Lumpur | Penang",
    "Asia/Makassar": "Bali | Denpasar",
    "Asia/Manila": "Cebu | Davao | Quezon City",
    "Asia/Riyadh": "Dammam | Jeddah | Mecca | Medina | Riyadh",
    "Asia/Seoul": "Busan | Daegu | Daejeon | Gwangju | Incheon",
    "Asia/Shanghai": (
        "Beijing | Changsha | Chengdu | Chongqing | Dalian | Dongguan | Guangzhou | Hangzhou | Harbin | Nanjing | "
        "Peking | Qingdao | Shenyang | Shenzhen | Suzhou | Tianjin | Wuhan | Xiamen | Xi'an"
    ),
    "Asia/Taipei": "Kaohsiung | Taichung",
    "Asia/Tashkent": "Tashkent",
    "Asia/Tehran": "Isfahan | Mashhad | Shiraz | Tabriz",
    "Asia/Tokyo": "Fukuoka | Hiroshima | Kobe | Kochi, Japan | Kyoto | Nagoya | Osaka | Sapporo | Sendai | Yokohama",
    "Asia/Ulaanbaatar": "Ulan Bator",
    "Asia/Yangon": "Mandalay | Rangoon",
    "Asia/Yekaterinburg": "Chelyabinsk | Perm | Ufa",
    "Atlantic/Bermuda": "Hamilton, Bermuda",
    "Atlantic/Canary": "Las Palmas | Santa Cruz de Tenerife | Tenerife",
    "Atlantic/Madeira": "Funchal",
    "Atlantic/Reykjavik": "Reykjavík",
    "Australia/Brisbane": "Cairns | Gold Coast | Townsville",
    "Australia/Hobart": "Launceston",
    "Australia/Melbourne": "Geelong | Melbourne",
    "Australia/Perth": "Perth",
    "Australia/Sydney": "Canberra | Newcastle, Australia | Sydney | Wollongong",
    "Europe/Amsterdam": "Den Haag | Eindhoven | Groningen | Rotterdam | The Hague | Utrecht",
    "Europe/Athens": "Athens | Patras | Thessaloniki",
    "Europe/Belgrade": "Beograd | Novi Sad",
    "Europe/Berlin": (
        "Aachen | Augsburg | Bielefeld | Bochum | Bonn | Braunschweig | Bremen | Chemnitz | Cologne | Dortmund | "
        "Dresden | Duisburg | Düsseldorf | Erfurt | Essen | Frankfurt | Frankfurt am Main | Freiburg | Göttingen | "
        "Halle | Hamburg | Hannover | Hanover | Heidelberg | Jena | Karlsruhe | Kassel | Kiel | Koblenz | Köln | "
        "Leipzig | Lübeck | Magdeburg | Mainz | Mannheim | München | Munich | Münster | Nuremberg | Nürnberg | "
        "Potsdam | Regensburg | Rostock | Saarbrücken | Stuttgart | Tübingen | Ulm | Wiesbaden | Wuppertal | Würzburg"
    ),
    "Europe/Bratislava": "Košice",
    "Europe/Brussels": "Antwerp | Antwerpen | Brussel | Bruxelles | Gent | Ghent | Liège",
    "Europe/Bucharest": "București | Cluj-Napoca | Iași | Timișoara",
    "Europe/Budapest": "Debrecen | Szeged",
    "Europe/Chisinau": "Chișinău",
    "Europe/Copenhagen": "Aalborg | Aarhus | København | Odense",
    "Europe/Dublin": "Cork | Galway | Limerick",
    "Europe/Helsinki": "Espoo | Tampere | Turku",
    "Europe/Istanbul": "Ankara | Antalya | Bursa | İzmir",
    "Europe/Kyiv": "Dnipro | Kharkiv | Kiev | Lviv | Odesa | Odessa",
    "Europe/Lisbon": "Braga | Coimbra | Lisboa | Porto",
    "Europe/Ljubljana": "Maribor",
    "Europe/London": (
        "Belfast | Birmingham, England | Brighton | Bristol | Cambridge, England | Cardiff | Edinburgh | Glasgow | "
        "Halifax, England | Leeds | Leicester | Liverpool | London | Manchester, England | Newcastle, England | "
        "Nottingham | Oxford | Plymouth | Sheffield | Southampton | York, England"
    ),
    "Europe/Luxembourg": "Luxemburg",
    "Europe/Madrid": (
        "A Coruña | Alicante | Barcelona | Bilbao | Cartagena, Spain | Córdoba, Spain | Gijón | Granada, Spain | "
        "Guadalajara, Spain | León, Spain | Málaga | Mérida, Spain | Murcia | Palma de Mallorca | Pamplona | San "
        "Sebastián | Santander | Santiago de Compostela | Sevilla | Seville | Toledo, Spain | Valencia, Spain | "
        "Valladolid | Vigo | Zaragoza"
    ),
    "Europe/Minsk": "Gomel",
    "Europe/Moscow": "Kazan | Moskva | Nizhny Novgorod | Rostov-on-Don | St. Petersburg, Russia | Sochi",
    "Europe/Oslo": "Bergen | Stavanger | Trondheim",
    "Europe/Paris": (
        "Bordeaux | Grenoble | Lille | Lyon | Marseille | Montpellier | Nantes | Nice | Paris | Reims | Rennes | "
        "Strasbourg | Toulon | Toulouse"
    ),
    "Europe/Prague": "Brno | Ostrava | Plzeň | Praha",
    "Europe/Rome": (
        "Bari | Bologna | Catania | Firenze | Florence | Genoa | Genova | Milan | Milano | Naples | Napoli | Palermo "
        "| Roma | Rome | Torino | Trieste | Turin | Venezia | Venice | Verona"
    ),
    "Europe/Sofia": "Plovdiv | Varna",
    "Europe/Stockholm": "Göteborg | Gothenburg | Linköping | Malmö | Uppsala",
    "Europe/Tallinn": "Tartu",
    "Europe/Vienna": "Graz | Innsbruck | Klagenfurt | Linz | Salzburg | Wien",
    "Europe/Vilnius": "Kaunas",
    "Europe/Warsaw": "Gdańsk | Katowice | Kraków | Łódź | Lublin | Poznań | Szczecin | Warszawa | Wrocław",
    "Europe/Zagreb": "Rijeka | Split",
    "Europe/Zurich": (
        "Basel | Bern | Berne | Geneva | Genève | Lausanne | Lucerne | Lugano | Luzern | St. Gallen | Winterthur | "
        "Zürich"
    ),
    "Indian/Mahe": "Victoria, Seychelles",
    "Pacific/Auckland": "Christchurch | Dunedin | Hamilton, New Zealand | Queenstown | Wellington",
    "Pacific/Honolulu": "Hawaii | Hilo, Hawaii | Honolulu, Hawaii | Maui",
    "Pacific/Norfolk": "Norfolk Island",
}

# Other names of countries than those in the list of time zones.
COUNTRIES = {
    "AT": "Österreich",
    "BE": "België | Belgique",
    "CH": "Schweiz | Suisse",
    "CN": "PRC",
    "CZ": "Czechia",
    "DE": "Deutschland",
    "ES": "España",
    "GB": "England | Great Britain | Northern Ireland | Scotland | UK | United Kingdom | Wales",
    "IT": "Italia",
    "KP": "North Korea",
    "KR": "Korea | South Korea",
    "NL": "Holland | Nederland | The Netherlands",
    "PL": "Polska",
    "TR": "Türkiye",
    "US": "America | US | USA | United States of America",
}

# Cities of the United States are often written with one of these.
STATES = {
    "AK": "Alaska", "AL": "Alabama", "AR": "Arkansas", "AZ": "Arizona", "CA": "California", "CO": "Colorado",
    "CT": "Connecticut", "DC": "District of Columbia", "DE": "Delaware", "FL": "Florida", "GA": "Georgia",
    "HI": "Hawaii", "IA": "Iowa", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "KS": "Kansas", "KY": "Kentucky",
    "LA": "Louisiana", "MA": "Massachusetts", "MD": "Maryland", "ME": "Maine", "MI": "Michigan", "MN": "Minnesota",
    "MO": "Missouri", "MT": "Montana", "NC": "North Carolina", "NE": "Nebraska", "NH": "New Hampshire",
    "NJ": "New Jersey", "NM": "New Mexico", "NV": "Nevada", "NY": "New York", "OH": "Ohio", "OK": "Oklahoma",
    "OR": "Oregon", "PA": "Pennsylvania", "RI": "Rhode Island", "SC": "South Carolina", "SD": "South Dakota",
    "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VA": "Virginia", "WA": "Washington", "WI": "Wisconsin",
    "WY": "Wyoming",
}  # fmt: skip
